"""What people do from a page or by the API: the operations of the commands, and no others."""
