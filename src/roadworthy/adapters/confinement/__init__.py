"""What a project's processes are kept from."""
