"""What a team writes down: the readers, models and schemas of every declared file."""
