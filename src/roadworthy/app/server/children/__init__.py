"""What runs beside the server and ends with it: runners, and the services of what is deployed."""
