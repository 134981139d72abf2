"""What waits for its time: pointers by due minute, and how they are handed to the queues or called off."""
