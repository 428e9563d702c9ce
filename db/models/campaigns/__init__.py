"""Tables of campaigns, segments, messages and social posts."""
