"""Predictions in public: stored before anybody looks, scored by reports that come later, next to simple rivals."""
