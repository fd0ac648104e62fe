-- Waits for all claims that are under way, and holds up new ones until the transaction ends.
lock table claim_gate in exclusive mode
