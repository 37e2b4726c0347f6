"""The forms files come in: a child process reads each, and what GDAL leaves out is found beside it."""
