"""Numbers in, numbers out: the statistics, without data frames and without cases."""
