-- That a password's hash was computed anew, so that sessions from before go on.
ALTER TABLE organizations ADD COLUMN password_renewal TEXT;
ALTER TABLE console_operators ADD COLUMN password_renewal TEXT;
