"""Methods that forecast one series, their back-test, and the choice between them."""
