from hypothesis import settings

# The machines that run this are noisy: a slow example is no failure.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
