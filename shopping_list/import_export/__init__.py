"""How lists leave and come: a module for each format, a plan, and its carrying out."""
