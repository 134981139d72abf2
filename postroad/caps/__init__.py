"""How often a person is mailed: frequency caps by category, over all streams of marketing together."""
