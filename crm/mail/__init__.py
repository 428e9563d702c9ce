"""E-mail out and in: a message is written down with what causes it, handed over once, and its bounces are believed."""
