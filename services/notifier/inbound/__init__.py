"""What messengers hand over, taken in: fetched or posted, in order within a chat, chats side by side."""
