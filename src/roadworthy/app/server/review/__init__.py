"""What people do about a change before it is merged: approve, discuss, ask for a review, hold, and give commands."""
