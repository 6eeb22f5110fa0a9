//! The program in its real window, driven through WebDriver.
