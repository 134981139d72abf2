"""The operator's command line `postroad`. It never reaches a Lambda bundle."""
