"""What a launch needs besides a review: so far the risk tier under the AI Act."""
