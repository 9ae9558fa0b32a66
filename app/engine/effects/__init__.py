"""Changes we ask of Coupang: the outbox, the sending, the verdict, the read-back."""
