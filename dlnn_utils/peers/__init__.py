"""The systems that the paper names or a practitioner would try, and the ground they meet on."""
