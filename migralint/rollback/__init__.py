"""The way back: run the script that undoes a migration, or draft one."""
