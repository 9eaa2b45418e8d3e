"""What follows a loss: report, stop-payment, filing, investigation, arrests."""
