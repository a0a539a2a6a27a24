"""Settings for the whole suite."""

from hypothesis import HealthCheck, settings

# No deadline: the time of one example says more about the machine than about the code.
settings.register_profile("strangler", deadline=None, derandomize=True, max_examples=60)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=2_000,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("strangler")
