from hypothesis import settings

# Machines are slow now and then; a slow example is no fault.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
