"""Django's SQLite, whose writers wait in line instead of trying their luck."""
