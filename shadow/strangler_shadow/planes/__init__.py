"""What carries the traffic. Every plane reads the same table and comes to the same decisions."""
