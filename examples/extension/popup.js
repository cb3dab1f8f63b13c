const answer = await chrome.runtime.sendMessage({ address: document.querySelector('img').src });
document.querySelector('output').textContent = answer;
