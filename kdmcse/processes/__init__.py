"""What runs in a process of its own: a training, a measurement, a study of settings, the worker that drains the queue."""
