"""Why users leave: what goes with a drop, and what leavers did last."""
