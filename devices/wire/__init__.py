"""The protocols as bytes: constants, encoders and parsers, pure, shared by drivers and emulators."""
