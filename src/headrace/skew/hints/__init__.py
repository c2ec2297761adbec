"""What a drift looks like, in words: a change of unit, of format, of scale."""
