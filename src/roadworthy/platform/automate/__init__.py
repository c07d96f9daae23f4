"""What makes it happen by itself: deliveries, events, the rules of branches, jobs and schedules."""
