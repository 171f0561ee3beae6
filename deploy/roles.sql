-- Roles and database of Taskbell, for Compose and for the embedded stack. Run by a superuser with
-- psql (variables owner_password and app_password); safe to run again, also to change passwords.
\set ON_ERROR_STOP on

-- Owner: changes the schema, nothing else. Used by migrate and by backups of this database.
SELECT 'CREATE ROLE taskbell_owner'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'taskbell_owner') \gexec
ALTER ROLE taskbell_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD :'owner_password';

-- App: reads and writes rows. What it may touch is granted by migrate, table by table.
SELECT 'CREATE ROLE taskbell_app'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'taskbell_app') \gexec
ALTER ROLE taskbell_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD :'app_password';

-- The built-in locale sorts and folds the same on every machine, and no library upgrade can
-- change it under an index. It exists since Postgres 17.
SELECT 'CREATE DATABASE taskbell OWNER taskbell_owner TEMPLATE template0 ENCODING ''UTF8'''
    || CASE WHEN current_setting('server_version_num')::int >= 170000
            THEN ' LOCALE_PROVIDER builtin BUILTIN_LOCALE ''C.UTF-8'' LOCALE ''C''' ELSE '' END
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'taskbell') \gexec

REVOKE ALL ON DATABASE taskbell FROM PUBLIC;
GRANT CONNECT ON DATABASE taskbell TO taskbell_app;
ALTER DATABASE taskbell SET timezone TO 'UTC';

-- A request or a job is one short transaction; whatever hangs must let go of its locks.
ALTER ROLE taskbell_app IN DATABASE taskbell SET statement_timeout TO '30s';
ALTER ROLE taskbell_app IN DATABASE taskbell SET lock_timeout TO '10s';
ALTER ROLE taskbell_app IN DATABASE taskbell SET idle_in_transaction_session_timeout TO '60s';

\connect taskbell
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO taskbell_owner;
GRANT USAGE ON SCHEMA public TO taskbell_app;
