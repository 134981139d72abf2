"""What waits for its time: pointers by due minute, and `dispatch`, which hands them to the queues."""
