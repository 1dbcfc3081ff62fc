"""What the evaluations of a proof of concept come to: compared, priced, judged. Measures nothing; no models here."""
