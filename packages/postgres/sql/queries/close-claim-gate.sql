-- Waits for all claims from lanes without controls, and holds up new ones until the transaction ends.
lock table claim_gate in exclusive mode
