-- A database and a user of its own for each service that keeps data. For development: the passwords are no secrets.
create user signup password 'signup';
create database signup owner signup;
create user notifier password 'notifier';
create database notifier owner notifier;
create user metadata_writer password 'metadata_writer';
create database metadata_writer owner metadata_writer;
