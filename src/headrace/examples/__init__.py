"""The payload of `Examples`: its layout, shards and splits."""
