"""Exchanges with the collect and the redelivery track."""
