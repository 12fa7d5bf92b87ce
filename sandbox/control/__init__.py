"""Moving the stand-in from outside: what a person, a bad day or a test does. No token needed."""
