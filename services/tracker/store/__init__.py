"""The tables that several rooms share: applications, history, notices, holds, messages set aside."""
