"""What the plots of a review are drawn from, where that is more than a proof holds."""
