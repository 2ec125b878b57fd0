"""What explanations return: records of plain NumPy arrays, to be drawn, saved or tested."""
