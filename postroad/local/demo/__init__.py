"""The demo: real orders become mails on a stack deployed to this machine, and every one is accounted for."""
