"""The pages of reviews, and what their forms do."""
