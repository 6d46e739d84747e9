"""Words that no table takes while a text is read: kept by parts, numbered part by part, counted or put back."""
