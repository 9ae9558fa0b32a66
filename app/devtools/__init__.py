"""What developers and demonstrations run; nothing here serves production but the one-command start."""
