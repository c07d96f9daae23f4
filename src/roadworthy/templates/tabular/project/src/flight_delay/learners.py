"""The learners that params.yaml may name."""

from flight_delay.boosting import Boosting
from flight_delay.late_share import LateShare

LEARNERS = {"late_share": LateShare, "boosting": Boosting}
