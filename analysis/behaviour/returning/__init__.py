"""Who returns: retention, its curve, use by tenure, stickiness, active users."""
