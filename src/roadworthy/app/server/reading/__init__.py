"""What is read of a repository and of records to judge a change."""
