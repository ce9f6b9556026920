"""What the evidence is for: the job somebody wants. So far the postings of roles and the gaps to them."""
