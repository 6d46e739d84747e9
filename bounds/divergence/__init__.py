"""How far an estimate lies from its law: KL both ways, L1, minimax and Bayes risk, natural estimators, patterns."""
