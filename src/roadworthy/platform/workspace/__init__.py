"""What `profile.yaml` asks for, held against what there is: a plan that can be shown, and then done."""
